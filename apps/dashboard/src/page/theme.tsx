import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'ccro-theme';

/** The chosen theme; it is remembered. `shown` changes whenever the colours do. */
export function useTheme(): { theme: Theme; setTheme: (theme: Theme) => void; shown: string } {
  const [theme, setTheme] = useState<Theme>(() => remembered());
  const dark = useMedia('(prefers-color-scheme: dark)');
  const shown = theme === 'auto' ? (dark ? 'dark' : 'light') : theme;
  // Before anything is drawn with its colours.
  document.documentElement.dataset['theme'] = shown;
  useEffect(() => localStorage.setItem(KEY, theme), [theme]);
  return { theme, setTheme, shown };
}

interface ThemeSwitchProps {
  readonly theme: Theme;
  readonly onChange: (theme: Theme) => void;
}

export function ThemeSwitch({ theme, onChange }: ThemeSwitchProps): JSX.Element {
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  return (
    <button type="button" class="plain" onClick={() => onChange(next)}>
      Colours: {theme}
    </button>
  );
}

/** Whether a media query holds, now and when that changes. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const update = (): void => setMatches(list.matches);
    list.addEventListener('change', update);
    return () => list.removeEventListener('change', update);
  }, [query]);
  return matches;
}

function remembered(): Theme {
  const value = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === value) ?? 'auto';
}
