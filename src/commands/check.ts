import { Command } from 'commander';
import { lacksOf } from '../collection/able/lacks.ts';
import { checkConfigFile } from '../config/config.ts';
import { ConfigError } from '../config/fault.ts';
import { jsonLine } from '../telemetry/printable.ts';
import { tellAlerts } from './check/alerts.ts';
import { type Checked, jsonOf, textOf } from './check/text.ts';
import { runProbes } from './probe/probe.ts';
import { probesOf } from './probe/probes.ts';
import { asFinding, exitCodes } from './terminal/exit-codes.ts';

interface Options {
  alert?: string;
  source?: string;
  probe?: boolean;
  strict?: boolean;
  json?: boolean;
}

export const checkCommand = new Command('check')
  .description(
    'check a configuration file, say which alert of a payload would lead to what, and try what the file names; ' +
      'exit code 1 if the file is not valid or a probe fails',
  )
  .argument('<config>', 'the configuration file (YAML)')
  .option('--alert <file>', 'the body of a webhook, as a source sends it')
  .option('--source <name>', 'that source; default: the first one')
  .option('--probe', 'try what the file names: programs, files of secrets, bucket, clusters, addresses, NATS')
  .option('--strict', 'exit code 1 for warnings, too')
  .option('--json', 'one JSON object')
  .action(async (file: string, options: Options) => {
    const config = configOf(file, options);
    if (!config) return;
    const checked = await check(file, config, options);
    process.stdout.write(options.json ? jsonLine(jsonOf(checked)) : textOf(checked));
    const isFailed = checked.probes?.some(({ result }) => result === 'failed') ?? false;
    if (isFailed || (options.strict && checked.warnings.length > 0)) process.exitCode = exitCodes.failed;
  });

/** Undefined where the file is not valid and a program has been told so. Throws CommandFailed for people. */
function configOf(file: string, { json }: Options): ReturnType<typeof checkConfigFile> | undefined {
  if (!json) return asFinding(() => checkConfigFile(file));
  try {
    return checkConfigFile(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { message, faults } = error;
    process.stdout.write(
      jsonLine({ file, valid: false, errors: faults.length > 0 ? faults : [{ message }] }),
    );
    process.exitCode = exitCodes.failed;
    return undefined;
  }
}

async function check(
  file: string,
  { rules, warnings }: ReturnType<typeof checkConfigFile>,
  { alert, source, probe }: Options,
): Promise<Checked> {
  const lacks = await lacksOf(rules);
  const alerts = alert === undefined ? {} : { alerts: await tellAlerts(rules, alert, source) };
  const probes = probe ? { probes: await runProbes(probesOf(rules, lacks)) } : {};
  return { file, rules, warnings, lacks, ...alerts, ...probes };
}
