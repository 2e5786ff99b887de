import { text } from '../../i18n/index.js';
import { Empty, Waiting } from '../../parts/notice.js';
import { server } from '../../shell/server-state.js';
import { ModelCard } from './model-card.js';

export function ModelsPanel() {
  const words = text.value.models;
  return (
    <section class="section" aria-labelledby="models-title">
      <h1 id="models-title">{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <Served />
    </section>
  );
}

function Served() {
  const words = text.value;
  const state = server.value;
  if (state.kind === 'connecting') return <Waiting title={words.server.connecting} />;
  if (state.kind === 'loading')
    return <Waiting title={words.server.loadingTitle}>{words.server.loadingText}</Waiting>;
  if (state.kind !== 'ready') return <Empty title={words.models.noneTitle}>{words.models.noneText}</Empty>;
  return (
    <div class="stack">
      {state.models.map((model, index) => (
        <ModelCard
          key={model.manifest.name}
          model={model}
          isDefault={index === 0}
          versions={state.repository.filter(({ name }) => name === model.manifest.name)}
        />
      ))}
    </div>
  );
}
