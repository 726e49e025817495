import { computed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { BoardView } from './board/board-view.js';
import { DealView } from './deal/deal-view.js';
import { ImportsView } from './imports/imports-view.js';
import { isLive } from './live.js';
import { ReportsView } from './reports/reports-view.js';
import { path } from './route.js';
import { canWrite, isAdmin, isTest, key, me, signOut } from './session.js';
import { SignIn } from './sign-in.js';
import { Icon, type IconName } from './ui/icons.js';
import { Messages } from './ui/messages.js';
import { attempts } from './ui/notice.js';
import { View } from './ui/view.js';
import { WebhooksView } from './webhooks/webhooks-view.js';

export function App() {
  return (
    <>
      <Page />
      <Messages />
    </>
  );
}

function Page() {
  if (key.value === undefined) return isElsewhere.value ? <Elsewhere /> : <SignIn />;
  return (
    <Shell>{me.value === undefined ? <p class="loading">Loading…</p> : <CurrentView key={attempts.value} />}</Shell>
  );
}

/** Views that have addresses below them, which name a deal, a report, an import or an endpoint. */
const VIEWS = ['deals', 'reports', 'imports', 'webhooks'];

const isElsewhere = computed(() => {
  const [view, id] = path.value;
  if (view === undefined) return false;
  return !VIEWS.includes(view) || path.value.length > 2 || (view === 'deals' && id === undefined);
});

function CurrentView() {
  if (isElsewhere.value) return <Elsewhere />;
  const [view, id] = path.value;
  if (view === 'deals' && id !== undefined) return <DealView id={id} />;
  if (view === 'reports') return <ReportsView name={id ?? 'pipeline'} />;
  if (view === 'imports' && canWrite.value) return <ImportsView id={id} />;
  if (view === 'webhooks' && isAdmin.value) return <WebhooksView id={id} />;
  if (view === undefined) return <BoardView />;
  return <Nothing title="This key may not open this view" text="Sign in with a key that may." />;
}

function Elsewhere() {
  return <Nothing title="There is nothing here" text="No view has this address." />;
}

function Nothing({ title, text }: { title: string; text: string }) {
  return (
    <View title={title} class="page empty">
      <h1>{title}</h1>
      <p>
        {text} Go to the <a href="/app">board</a>.
      </p>
    </View>
  );
}

function Shell({ children }: { children: ComponentChildren }) {
  return (
    <>
      <header class="top">
        <a class="brand" href="/app">
          Deals
        </a>
        <nav aria-label="Views">
          <Tab href="/app" icon="board" isCurrent={path.value.length === 0 || path.value[0] === 'deals'}>
            Board
          </Tab>
          <Tab href="/app/reports" icon="chart" isCurrent={path.value[0] === 'reports'}>
            Reports
          </Tab>
          {canWrite.value && (
            <Tab href="/app/imports" icon="import" isCurrent={path.value[0] === 'imports'}>
              Imports
            </Tab>
          )}
          {isAdmin.value && (
            <Tab href="/app/webhooks" icon="hook" isCurrent={path.value[0] === 'webhooks'}>
              Webhooks
            </Tab>
          )}
        </nav>
        <p class="state">
          {isTest.value && <span class="badge">Test</span>}
          {me.value !== undefined && !canWrite.value && <span class="badge">Read only</span>}
          <span
            class={isLive.value ? 'live is-on' : 'live'}
            title={isLive.value ? 'Changes appear at once.' : 'Connecting…'}
          >
            {isLive.value ? 'Live' : 'Offline'}
          </span>
        </p>
        <button class="plain" title="Sign out" aria-label="Sign out" onClick={() => signOut()}>
          <Icon name="out" />
        </button>
      </header>
      {children}
    </>
  );
}

function Tab({
  href,
  icon,
  isCurrent,
  children,
}: {
  href: string;
  icon: IconName;
  isCurrent: boolean;
  children: ComponentChildren;
}) {
  return (
    <a href={href} aria-current={isCurrent ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{children}</span>
    </a>
  );
}
