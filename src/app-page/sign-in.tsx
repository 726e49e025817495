import { useSignal } from '@preact/signals';
import { signedOutBecause, signIn } from './session.js';

export function SignIn() {
  const text = useSignal('');
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.value.trim() !== '') signIn(text.value);
        }}
      >
        <h1>Deals</h1>
        <p>Sign in with an API key of your workspace. It is kept in this tab until you close it.</p>
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            autofocus
            value={text}
            aria-describedby="sign-in-problem"
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <p id="sign-in-problem" class="problem" role="alert">
          {signedOutBecause}
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
