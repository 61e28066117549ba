import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Store } from '../state/store.js';
import { KeyForm } from './key-form.js';
import { Link } from './link.js';
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
  const { component: Page, path: current, title } = pageAt(path);
  const main = useRef<HTMLElement>(null);
  const seen = useRef(current);
  useEffect(() => {
    document.title = `${title} – CCRO`;
    if (seen.current === current) return;
    seen.current = current;
    // The link that led here says nothing of what is new: reading goes on with the page.
    main.current?.focus();
  }, [current]);
  return (
    <>
      <header>
        <h1>CCRO</h1>
        <nav aria-label="Pages">
          {PAGES.map(({ path: to, title: name }) => (
            <Link key={to} to={to} current={to === current}>
              {name}
            </Link>
          ))}
          <a href="/docs">API</a>
        </nav>
        <ThemeSwitch theme={theme} onChange={setTheme} />
      </header>
      <KeyForm />
      <main ref={main} tabIndex={-1}>
        <Page store={store} theme={shown} />
      </main>
    </>
  );
}
