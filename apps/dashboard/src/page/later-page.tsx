import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from './page-props.js';

/** A page whose code is loaded when it is shown for the first time. */
export function laterPage(load: () => Promise<ComponentType<PageProps>>): ComponentType<PageProps> {
  return function LaterPage(props: PageProps): JSX.Element {
    const [Loaded, setLoaded] = useState<ComponentType<PageProps> | undefined>();
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      load().then(
        (page) => setLoaded(() => page),
        () => setFailed(true),
      );
    }, []);
    if (Loaded !== undefined) return <Loaded {...props} />;
    return (
      <main class="cluster">
        <p class={failed ? 'problem' : 'quiet'} role="status">
          {failed ? 'This page cannot be loaded: reload it when the gateway is back.' : 'Loading …'}
        </p>
      </main>
    );
  };
}
