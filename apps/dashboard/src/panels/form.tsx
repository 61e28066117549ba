import type { ComponentChildren, JSX } from 'preact';

interface FormProps {
  readonly class?: string;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/** A form that the page answers itself. */
export function Form({ onSubmit, ...rest }: FormProps): JSX.Element {
  const submit = (event: Event): void => {
    event.preventDefault();
    onSubmit();
  };
  return <form {...rest} onSubmit={submit} />;
}

interface ChoiceProps<T extends string | number | undefined> {
  readonly label: string;
  readonly options: readonly T[];
  readonly nameOf?: (option: T) => string;
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** One of several options; undefined may be one of them. */
export function Choice<T extends string | number | undefined>(props: ChoiceProps<T>): JSX.Element {
  const { label, options, nameOf = String, value, onChange } = props;
  return (
    <label>
      {label}{' '}
      <select
        value={value ?? ''}
        onChange={({ currentTarget }) => onChange(options[currentTarget.selectedIndex] as T)}
      >
        {options.map((option) => (
          <option key={option ?? ''} value={option ?? ''}>
            {nameOf(option)}
          </option>
        ))}
      </select>
    </label>
  );
}
