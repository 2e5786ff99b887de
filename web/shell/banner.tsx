import { text } from '../i18n/index.js';
import { server } from './server-state.js';

/** Says that the server is away or not ready; empty while all is well. */
export function Banner() {
  const state = server.value;
  const words = text.value.server;
  return (
    <div role="status">
      {state.kind === 'offline' && (
        <Strip kind="offline" title={words.offlineTitle} body={words.offlineText} />
      )}
      {state.kind === 'loading' && (
        <Strip kind="loading" title={words.loadingTitle} body={words.loadingText} />
      )}
      {state.kind === 'failed' && (
        <Strip kind="offline" title={state.failure.message} body={state.failure.hint} />
      )}
    </div>
  );
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
      <strong>{title}.</strong> {body}
    </p>
  );
}
