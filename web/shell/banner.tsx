import type { RequestFailure } from '../api/client.js';
import { text } from '../i18n/index.js';
import { failureWords } from '../parts/failure-words.js';
import { askForKey, isKeyWanted } from './key-wanted.js';
import { server } from './server-state.js';

/** Says that the server is away or not ready; empty while all is well. */
export function Banner() {
  const state = server.value;
  const words = text.value.server;
  return (
    <div role="status">
      {state.kind === 'offline' && (
        <Strip kind="offline" title={words.sentence(words.offlineTitle)} body={words.offlineText} />
      )}
      {state.kind === 'loading' && (
        <Strip kind="loading" title={words.sentence(words.loadingTitle)} body={words.loadingText} />
      )}
      {state.kind === 'failed' && <Refusal failure={state.failure} />}
      {isKeyWanted.value && (
        <p class="banner banner-offline">
          <button type="button" class="button" onClick={askForKey}>
            {text.value.key.enter}
          </button>
        </p>
      )}
    </div>
  );
}

function Refusal({ failure }: { readonly failure: RequestFailure }) {
  const { message, hint } = failureWords(failure);
  return <Strip kind="offline" title={message} body={hint} />;
}

function Strip({
  kind,
  title,
  body,
}: {
  readonly kind: string;
  readonly title: string;
  readonly body: string;
}) {
  return (
    <p class={`banner banner-${kind}`}>
      <strong>{title}</strong> {body}
    </p>
  );
}
