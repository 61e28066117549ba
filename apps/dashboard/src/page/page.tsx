import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Store } from '../state/store.js';

/** What every page is given. */
export interface PageProps {
  readonly store: Store;
  /** Which colours are shown. */
  readonly theme: string;
}

/** A page whose code is fetched when it is first looked at. */
export function later(load: () => Promise<ComponentType<PageProps>>): ComponentType<PageProps> {
  return function Later(props: PageProps): JSX.Element {
    // A component is a function, which a state would call.
    const [loaded, setLoaded] = useState<{ readonly page: ComponentType<PageProps> }>();
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      load().then(
        (page) => setLoaded({ page }),
        () => setFailed(true),
      );
    }, []);
    if (failed) return <p class="problem">The page could not be fetched. Try to load it again.</p>;
    return loaded === undefined ? <p class="quiet">Loading …</p> : <loaded.page {...props} />;
  };
}
