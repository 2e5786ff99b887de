/** A panel whose code is fetched when it is first shown. */
import type { ComponentType, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asFailure, type RequestFailure } from '../api/client.js';
import { text } from '../i18n/index.js';
import { Failure, Waiting } from '../parts/notice.js';

type Loaded = { readonly Panel: ComponentType } | { readonly failure: RequestFailure } | null;

export function lazyPanel(load: () => Promise<ComponentType>): () => VNode {
  return function LazyPanel() {
    const [loaded, setLoaded] = useState<Loaded>(null);
    const fetchPanel = () => {
      setLoaded(null);
      load().then(
        (Panel) => setLoaded({ Panel }),
        (thrown: unknown) => setLoaded({ failure: asFailure(thrown) }),
      );
    };
    useEffect(fetchPanel, []);
    if (loaded === null) return <Waiting title={text.value.opening} />;
    if ('failure' in loaded) return <Failure failure={loaded.failure} onRetry={fetchPanel} />;
    return <loaded.Panel />;
  };
}
