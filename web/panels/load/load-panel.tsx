import { useEffect, useState } from 'preact/hooks';
import { asFailure, type RequestFailure } from '../../api/client.js';
import { listReports, type LoadReport, readReport, type ReportName } from '../../api/load-reports.js';
import { text } from '../../i18n/index.js';
import { date } from '../../parts/format.js';
import { Empty, Failure, Waiting } from '../../parts/notice.js';
import { query, remember } from '../../shell/route.js';
import { server } from '../../shell/server-state.js';
import { Reports } from './reports.js';

export function LoadPanel() {
  const words = text.value.load;
  const [names, setNames] = useState<readonly ReportName[] | null>(null);
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const look = () => {
    setFailure(null);
    listReports().then(setNames, (thrown: unknown) => setFailure(asFailure(thrown)));
  };
  // A server that was away is back, or a key was taken.
  useEffect(() => {
    if (names === null) look();
  }, [server.value.kind]);
  return (
    <section class="section" aria-labelledby="load-title">
      <h1 id="load-title">{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {failure !== null ? (
        failure.code === 'reports_off' ? (
          <NoReports />
        ) : (
          <Failure failure={failure} onRetry={look} />
        )
      ) : names === null ? (
        <Waiting title={text.value.opening} />
      ) : names.length === 0 ? (
        <NoReports />
      ) : (
        <Chosen names={names} />
      )}
    </section>
  );
}

function NoReports() {
  const words = text.value.load;
  return (
    <Empty title={words.noneTitle}>
      <p>{words.noneText}</p>
      <pre tabIndex={0}>
        {
          'npx retort loadtest http://127.0.0.1:8080 --out reports/today.json\nnpx retort serve --reports reports'
        }
      </pre>
    </Empty>
  );
}

/** Reports with their own names: another choice is there before its reports are. */
interface Found {
  readonly names: readonly string[];
  readonly reports: readonly LoadReport[];
}

function Chosen({ names }: { readonly names: readonly ReportName[] }) {
  const words = text.value.load;
  const known = (name: string | null) => names.find((one) => one.name === name)?.name;
  const first = known(query.value.get('a')) ?? names[0]?.name ?? '';
  const second = known(query.value.get('b')) ?? names[1]?.name ?? '';
  const [found, setFound] = useState<Found>({ names: [], reports: [] });
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const chosen = [first, second].filter((name) => name !== '');
  const key = chosen.join('\n');
  useEffect(() => {
    let current = true;
    setFailure(null);
    Promise.all(chosen.map(readReport)).then(
      (reports) => {
        if (current) setFound({ names: chosen, reports });
      },
      (thrown: unknown) => {
        if (current) setFailure(asFailure(thrown));
      },
    );
    return () => {
      current = false;
    };
  }, [key]);
  const choose = (a: string, b: string) => remember('load', { a, b });
  return (
    <div class="stack">
      <div class="controls">
        <Choice label={words.first} names={names} value={first} onChoose={(name) => choose(name, second)} />
        {names.length > 1 ? (
          <Choice
            label={words.second}
            names={names}
            value={second}
            onChoose={(name) => choose(first, name)}
          />
        ) : null}
      </div>
      {failure === null ? <Reports {...found} /> : <Failure failure={failure} />}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly names: readonly ReportName[];
  readonly value: string;
  readonly onChoose: (name: string) => void;
}

function Choice({ label, names, value, onChoose }: ChoiceProps) {
  return (
    <label class="inline">
      {label}
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {names.map(({ name, modifiedAt }) => (
          <option key={name} value={name}>
            {name} ({date(modifiedAt)})
          </option>
        ))}
      </select>
    </label>
  );
}
