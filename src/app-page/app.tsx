import type { ComponentChildren } from 'preact';
import { BoardView } from './board/board-view.js';
import { isLive } from './live.js';
import { path } from './route.js';
import { canWrite, isTest, key, me, signOut } from './session.js';
import { SignIn } from './sign-in.js';
import { Icon, type IconName } from './ui/icons.js';
import { Messages } from './ui/messages.js';

export function App() {
  return (
    <>
      {key.value === undefined ? (
        <SignIn />
      ) : (
        <Shell>{me.value === undefined ? <p class="loading">Loading…</p> : <View />}</Shell>
      )}
      <Messages />
    </>
  );
}

function View() {
  return <BoardView />;
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
