import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { keyWanted, onKeyWanted, takeKey, type KeyWanted } from '../connection/key.js';
import { Form } from '../panels/form.js';

const WHY: Readonly<Record<KeyWanted, string>> = {
  none: 'This gateway asks for a key.',
  unknown: 'The gateway does not know that key.',
  weak: 'The key does not allow that. Another one?',
};

/** Asks for a key, once the gateway does. */
export function KeyForm(): JSX.Element | null {
  const [wanted, setWanted] = useState(keyWanted());
  const [text, setText] = useState('');
  useEffect(() => {
    // It may have been asked for since this was drawn.
    setWanted(keyWanted());
    return onKeyWanted(setWanted);
  }, []);
  if (wanted === undefined) return null;
  return (
    <Form
      class="key"
      onSubmit={() => {
        setText('');
        takeKey(text.trim());
      }}
    >
      <span role="status">
        <label for="key">{WHY[wanted]}</label>
      </span>
      <input
        id="key"
        type="password"
        autocomplete="off"
        required
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit">Use this key</button>
      <span class="quiet">It is kept for as long as this tab is open.</span>
    </Form>
  );
}
