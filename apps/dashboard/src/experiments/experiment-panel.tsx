import type { ExperimentRow } from '@ccro/experiment';
import type { JSX } from 'preact';
import { textAt } from '../connection/gateway.js';
import { DownloadButton } from '../panels/download-button.js';
import { Problem, useAttempts } from '../panels/problem.js';
import { Table } from '../panels/tables.js';
import { millisText } from '../state/words.js';
import { cancelExperiment, isOver, pathOf, type Experiment } from './experiments-api.js';
import { SweepChart } from './sweep-chart.js';

/** What can be had as a file: its title, where it is, and what the file's name ends in. */
const RESULTS = [
  ['CSV', 'results.csv', 'results.csv'],
  ['CSV of the times', 'results.csv?layout=times', 'times.csv'],
  ['JSON', 'results.json', 'results.json'],
  ['Time as SVG', 'time.svg', 'time.svg'],
  ['Messages as SVG', 'messages.svg', 'messages.svg'],
] as const;

interface ExperimentPanelProps {
  readonly experiment: Experiment;
  readonly theme: string;
  readonly onChange: (experiment: Experiment) => void;
}

/** One experiment: how far it is, its rows and charts, and a way to end it. */
export function ExperimentPanel(props: ExperimentPanelProps): JSX.Element {
  const { experiment, theme, onChange } = props;
  const { id, state, progress, reason, rows } = experiment;
  const { problem, attempt } = useAttempts();
  const cancel = (): void => attempt(async () => onChange(await cancelExperiment(id)));
  return (
    <section aria-labelledby="experiment">
      <h2 id="experiment">Experiment</h2>
      <div class="row">
        <progress aria-labelledby="experiment" value={progress.done} max={progress.cells} />
        <span role="status" data-testid="experiment-state">
          {state}, {progress.done} of {progress.cells} cells
          {progress.current !== null && ` (${progress.current})`}
        </span>
        {!isOver(experiment) && (
          <button type="button" class="plain" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      <Problem text={reason ?? undefined} />
      <Problem text={problem} />
      {rows.length > 0 && (
        <>
          <div class="row">
            {RESULTS.map(([title, path, file]) => (
              <DownloadButton
                key={title}
                load={() => textAt(`${pathOf(id)}/${path}`)}
                file={`experiment-${id}-${file}`}
              >
                {title}
              </DownloadButton>
            ))}
          </div>
          <div class="charts">
            <SweepChart
              {...{ rows, theme }}
              title="Time of a decision"
              unit="ms"
              figure={({ timeMs }) => timeMs}
            />
            <SweepChart
              {...{ rows, theme }}
              title="Messages"
              unit="deliveries"
              figure={({ messages }) => messages}
            />
          </div>
          <RowsTable rows={rows} />
        </>
      )}
    </section>
  );
}

function RowsTable({ rows }: { readonly rows: readonly ExperimentRow[] }): JSX.Element {
  return (
    <div class="scrolls" role="region" aria-label="Figures" tabIndex={0}>
      <Table titles={['Mode', 'Nodes', 'Faulty', 'Fault', 'Time', 'Messages', 'CPU']}>
        {rows.map((row, index) => (
          <tr key={index}>
            <td>{row.mode}</td>
            <td>{row.nodes}</td>
            <td>{row.byzantine}</td>
            <td>{row.fault}</td>
            {row.outcome === 'measured' ? (
              <>
                <td>{millisText(row.figures.timeMs)}</td>
                <td>{Math.round(row.figures.messages)}</td>
                <td>{millisText(row.figures.cpuMs)}</td>
              </>
            ) : (
              <td colSpan={3} class="problem">
                {row.reason}
              </td>
            )}
          </tr>
        ))}
      </Table>
    </div>
  );
}
