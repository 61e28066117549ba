import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Store } from '../state/store.js';
import { KeyForm } from './key-form.js';
import { pageAt, PAGES } from './pages.js';
import { ThemeSwitch, useTheme } from './theme.js';

/** The frame around every page: its name, links to the others, and the colours. */
export function App({ store }: { readonly store: Store }): JSX.Element {
  const { theme, setTheme, shown } = useTheme();
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = (): void => setPath(location.pathname);
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const { component: Page, path: current } = pageAt(path);
  const go = (event: MouseEvent, to: string): void => {
    event.preventDefault();
    history.pushState(undefined, '', to);
    // As if one had gone back there: pages that read the rest of the address hear of it too.
    dispatchEvent(new PopStateEvent('popstate'));
  };
  return (
    <>
      <header>
        <h1>CCRO</h1>
        <nav aria-label="Pages">
          {PAGES.map(({ path: to, title }) => (
            <a
              key={to}
              href={to}
              aria-current={to === current ? 'page' : undefined}
              onClick={(event) => go(event, to)}
            >
              {title}
            </a>
          ))}
          <a href="/docs">API</a>
        </nav>
        <ThemeSwitch theme={theme} onChange={setTheme} />
      </header>
      <KeyForm />
      <Page store={store} theme={shown} />
    </>
  );
}
