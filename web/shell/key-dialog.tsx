/** Asks for an API key when the server wants one. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { isSendable, rememberKey } from '../api/key.js';
import { text } from '../i18n/index.js';
import { dismissKey, isKeyAsked } from './key-wanted.js';
import { lookAtServer, server } from './server-state.js';

export function KeyDialog() {
  const words = text.value.key;
  const state = server.value;
  const isAsked = isKeyAsked.value;
  const [isUnsendable, setUnsendable] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isAsked) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isAsked]);
  return (
    <dialog ref={dialog} aria-labelledby="key-title" onClose={dismissKey}>
      <form
        class="stack"
        onSubmit={(event) => {
          // It closes when the server takes the key.
          event.preventDefault();
          const { currentTarget } = event;
          const given = new FormData(currentTarget).get('key');
          if (typeof given !== 'string') return;
          const key = given.trim();
          setUnsendable(!isSendable(key));
          if (!isSendable(key)) return;
          rememberKey(key);
          void lookAtServer();
        }}
      >
        <h2 id="key-title">{words.title}</h2>
        <p class="quiet">{words.explained}</p>
        {isUnsendable ? (
          <p class="wrong" role="alert">
            {words.unsendable}
          </p>
        ) : state.kind === 'failed' && state.failure.code === 'api_key_unknown' ? (
          <p class="wrong" role="alert">
            {words.unknown}
          </p>
        ) : null}
        <label class="field">
          <span>{words.label}</span>
          <input class="input" type="password" name="key" autocomplete="off" required />
        </label>
        <button type="submit" class="button button-main">
          {words.use}
        </button>
      </form>
    </dialog>
  );
}
