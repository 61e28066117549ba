import type { JSX } from 'preact';
import { foreignText } from '@ccro/foreign-text';

/** Text from outside, set apart from what is around it. Nothing from outside is shown without. */
export function ForeignText({ text }: { readonly text: string }): JSX.Element {
  return <bdi>{foreignText(text)}</bdi>;
}
