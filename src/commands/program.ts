import { type Command, program } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { auditCommand } from './audit.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { explainCommand } from './explain.ts';
import { fireCommand } from './fire.ts';
import { printableLines } from '../telemetry/printable.ts';
import { redriveCommand } from './redrive.ts';
import { replayCommand } from './replay.ts';
import { schemasCommand } from './schemas.ts';
import { serveCommand } from './serve.ts';
import { streamsCommand } from './streams.ts';
import { tailCommand } from './tail.ts';
import { ConfigError } from '../config/fault.ts';
import { nameExpectedValues } from '../error-messages.ts';
import { LogMisconfigured, LogUnavailable } from '../log/errors.ts';

/** Runs the command that the command line names. An expected error is one line on stderr; the exit code says the rest. */
export async function runProgram(): Promise<void> {
  nameExpectedValues();
  escapeErrors(program);
  try {
    await program.parseAsync();
  } catch (error) {
    const isExpected =
      error instanceof ConfigError || error instanceof LogUnavailable || error instanceof LogMisconfigured;
    // A key of a configuration, say, may hold what moves the cursor.
    process.stderr.write(printableLines(`alert-watcher: ${isExpected ? error.message : describe(error)}\n`));
    process.exitCode = 1;
  }
}

program
  .name('alert-watcher')
  .version(manifest.version)
  .description(
    'Records the JVM of a pod in trouble when Alertmanager says so; every step is an event on NATS JetStream.',
  )
  .addCommand(serveCommand)
  .addCommand(demoCommand)
  .addCommand(tailCommand)
  .addCommand(fireCommand)
  .addCommand(explainCommand)
  .addCommand(replayCommand)
  .addCommand(redriveCommand)
  .addCommand(auditCommand)
  .addCommand(streamsCommand)
  .addCommand(checkCommand)
  .addCommand(schemasCommand);

/** What commander says of a wrong command line repeats it. */
function escapeErrors(command: Command): void {
  command.configureOutput({ writeErr: (text) => void process.stderr.write(printableLines(text)) });
  command.commands.forEach(escapeErrors);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
