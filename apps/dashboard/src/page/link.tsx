import type { ComponentChildren, JSX } from 'preact';

interface LinkProps {
  /** The path and what follows it. */
  readonly to: string;
  /** It leads to where one is. */
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A link to another page of this site, which is shown without loading everything again. */
export function Link({ to, current = false, children }: LinkProps): JSX.Element {
  const go = (event: MouseEvent): void => {
    // Into another tab or window: the browser does that.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState(undefined, '', to);
    // As if one had gone back there: pages that read the rest of the address hear of it too.
    dispatchEvent(new PopStateEvent('popstate'));
  };
  return (
    <a href={to} aria-current={current ? 'page' : undefined} onClick={go}>
      {children}
    </a>
  );
}
