import { useSignal } from '@preact/signals';
import { Field } from './ui/field.js';
import { View } from './ui/view.js';
import { signedOutBecause, signIn } from './session.js';

export function SignIn() {
  const text = useSignal('');
  return (
    <View title="Sign in" class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.value.trim() !== '') signIn(text.value);
        }}
      >
        <h1>Deals</h1>
        <p>Sign in with an API key of your workspace. This tab keeps it until you close the tab.</p>
        <Field
          label="API key"
          type="password"
          autofocus
          value={text}
          describedBy="sign-in-problem"
          onText={(given) => (text.value = given)}
        />
        <p id="sign-in-problem" class="problem" role="alert">
          {signedOutBecause}
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </View>
  );
}
