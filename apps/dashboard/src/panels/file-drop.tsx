import type { ComponentChildren, JSX } from 'preact';
import { Problem, useAttempts } from './problem.js';

interface FileDropProps {
  /** What the section is called. */
  readonly name: string;
  /** What stands before the field. */
  readonly label: string;
  /** Kinds of files to choose from; all without. */
  readonly accept?: string;
  /** Larger files are refused without being read. */
  readonly mostBytes: number;
  readonly onFile: (file: File) => Promise<void>;
  readonly class?: string;
  /** What is in the section. @param field the field to choose a file in */
  readonly children: (field: JSX.Element) => ComponentChildren;
}

/** A section into which a file can be dropped, or chosen in the field that it hands out. */
export function FileDrop(props: FileDropProps): JSX.Element {
  const { name, label, accept, mostBytes, onFile, children, ...rest } = props;
  const { problem, attempt } = useAttempts();
  const take = (file: File | undefined): void => {
    if (file === undefined) return;
    attempt(async () => {
      if (file.size <= mostBytes) return onFile(file);
      const most = Math.floor(mostBytes / 1024);
      throw new Error(`${file.name} is too large: ${most} KiB at the most.`);
    });
  };
  const choose = (field: HTMLInputElement): void => {
    take(field.files?.[0]);
    // Or else the same file, changed meanwhile, could not be chosen again.
    field.value = '';
  };
  return (
    <section
      {...rest}
      aria-label={name}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer?.files[0]);
      }}
    >
      {children(
        <label>
          {label}{' '}
          <input
            type="file"
            {...(accept === undefined ? {} : { accept })}
            onChange={({ currentTarget }) => choose(currentTarget)}
          />
        </label>,
      )}
      <Problem text={problem} />
    </section>
  );
}
