/** A model's versions in the repository, and what can be done with them. */
import { useState } from 'preact/hooks';
import { asFailure, type RequestFailure } from '../../api/client.js';
import { loadVersion, rollBack, setCanary } from '../../api/operate.js';
import type { RepositoryVersion } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { Failure } from '../../parts/notice.js';
import { lookAtServer } from '../../shell/server-state.js';

interface VersionsProps {
  readonly model: string;
  readonly versions: readonly RepositoryVersion[];
}

export function Versions({ model, versions }: VersionsProps) {
  const words = text.value.models;
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const run = (change: () => Promise<void>) => {
    setBusy(true);
    setFailure(null);
    change()
      .catch((thrown: unknown) => setFailure(asFailure(thrown)))
      .finally(() => {
        setBusy(false);
        void lookAtServer();
      });
  };
  const others = versions.filter(({ label }) => label !== 'stable');
  return (
    <details open={versions.length > 1}>
      <summary>{words.versions}</summary>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">{words.versionColumn}</th>
            <th scope="col">{words.state}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {versions.map((one) => (
            <tr key={one.version}>
              <td>{one.version}</td>
              <td>
                <State version={one} />
              </td>
              <td class="number">
                <button
                  type="button"
                  class="button button-plain"
                  disabled={busy || one.label === 'stable'}
                  onClick={() => run(() => loadVersion(model, one.version))}
                >
                  {words.load}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="controls">
        <button type="button" class="button" disabled={busy} onClick={() => run(() => rollBack(model))}>
          {words.rollBack}
        </button>
        {others.length > 0 ? (
          <Canary
            versions={others}
            busy={busy}
            onApply={(version, percent) => run(() => setCanary(model, version, percent))}
          />
        ) : (
          <span class="quiet">{words.noOthers}</span>
        )}
      </div>
      <p role="status" class="quiet">
        {busy ? words.busy : ''}
      </p>
      {failure === null ? null : <Failure failure={failure} />}
    </details>
  );
}

function State({ version: { label, state, reason } }: { readonly version: RepositoryVersion }) {
  const words = text.value.models;
  if (label !== null) return <span class="badge">{words.labelled[label]}</span>;
  return (
    <span class="quiet">
      {state === 'LOADING' ? words.loading : words.notLoaded}
      {reason === '' ? '' : `: ${reason}`}
    </span>
  );
}

interface CanaryProps {
  readonly versions: readonly RepositoryVersion[];
  readonly busy: boolean;
  readonly onApply: (version: string, percent: number) => void;
}

function Canary({ versions, busy, onApply }: CanaryProps) {
  const words = text.value.models;
  const [chosen, setChosen] = useState('');
  const [percent, setPercent] = useState(10);
  const version = versions.find((one) => one.version === chosen) ?? versions[0];
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        if (version !== undefined) onApply(version.version, percent);
      }}
    >
      <label class="inline">
        {words.canaryVersion}
        <select value={version?.version} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          {versions.map((one) => (
            <option key={one.version}>{one.version}</option>
          ))}
        </select>
      </label>
      <label class="inline">
        <input
          class="input"
          type="number"
          min={0}
          max={100}
          value={percent}
          onInput={({ currentTarget }) => setPercent(currentTarget.valueAsNumber)}
        />
        {words.canaryPercent}
      </label>
      <button type="submit" class="button" disabled={busy || Number.isNaN(percent)}>
        {words.applyCanary}
      </button>
    </form>
  );
}
