import { AttemptFailed, type FailureCode } from '../../../kernel/react/failures.ts';

/** What kubectl was asked about. */
interface Place {
  kubeContext: string;
  namespace: string;
  /** `pod NAME` */
  what: string;
}

/**
 * What a failed kubectl says, as a failure with a code of its own. A program that ran in the pod and failed there, and what
 * is not known, stays `collector-exited`. The texts are those of kubectl 1.32 and of the API server; they are no contract, so
 * each is looked for by its shortest lasting part.
 */
export function kubectlFailure(error: AttemptFailed, place: Place): AttemptFailed {
  if (error.code !== 'collector-exited') return error;
  const stderrTail = tidy(error.details.stderrTail ?? '');
  const details = { ...error.details, stderrTail };
  const known = forbidden(stderrTail, place) ?? match(stderrTail, place);
  if (!known) return new AttemptFailed(error.code, error.message, details);
  const [code, message] = known;
  return new AttemptFailed(code, message, details);
}

type Known = [code: FailureCode, message: string];

/**
 * Without the options that each JVM repeats (they may hold passwords), the log lines of kubectl's own library, and
 * remarks.
 */
function tidy(stderr: string): string {
  const isNoise = (line: string) =>
    /^(?:NOTE: )?Picked up |^[EWI]\d{4} |^Targeting container |^Defaulted container /.test(line);
  return stderr
    .split('\n')
    .filter((line) => !isNoise(line))
    .join('\n')
    .trim();
}

function forbidden(stderr: string, { kubeContext, namespace }: Place): Known | undefined {
  const [, user, verb, resource] =
    /User "([^"]*)" cannot (\w+) (?:resource "([^"]+)"|\S+)/.exec(stderr) ??
    /Forbidden \(user=([^,]*), verb=(\w+), resource=([^,)]+)/.exec(stderr) ??
    [];
  if (verb !== undefined && resource !== undefined) {
    const who = `${JSON.stringify(user ?? '')} may not ${verb} ${resource} in the namespace ${namespace} of ${kubeContext}`;
    return ['forbidden', `${who}: give it the verb ${verb} on ${resource} (docs/kubectl-collector.md)`];
  }
  if (!/\(Forbidden\)|is forbidden: /.test(stderr)) return undefined;
  return ['forbidden', `${kubeContext} refuses it: ${lastLine(stderr)}`];
}

function match(stderr: string, { kubeContext, namespace, what }: Place): Known | undefined {
  for (const [pattern, code, message] of texts) {
    if (!pattern.test(stderr)) continue;
    const where = `${message} (${what} in ${namespace} of ${kubeContext})`;
    return [code, stderr === '' ? where : `${where}: ${lastLine(stderr)}`];
  }
  return undefined;
}

/** The first that fits decides. */
const texts: [pattern: RegExp, code: FailureCode, message: string][] = [
  [
    /executable file .*not found|OCI runtime exec failed.*no such file or directory/s,
    'program-missing',
    'the program is not in the image',
  ],
  [/^error: context "|context was not found/m, 'context-unknown', 'the kubeconfig has no such context'],
  [/\(Unauthorized\)|getting credentials: /, 'unauthorized', 'the cluster does not know who kubectl is'],
  [/\(NotFound\)/, 'pod-not-found', 'the cluster has no such object'],
  [
    /container not found \("|completed pod|does not have a host assigned|cannot exec in a (?:stopped|deleted) /,
    'pod-not-running',
    'the container does not run',
  ],
  [/is not valid for pod /, 'container-not-found', 'the pod has no such container'],
  [
    /Unable to connect to the server|The connection to the server .* was refused|error dialing backend|no such host|i\/o timeout|handshake timeout|\((?:ServiceUnavailable|Timeout|InternalError|TooManyRequests)\)|error sending request|unexpected EOF|connection reset by peer/,
    'cluster-unreachable',
    'the cluster cannot be reached or does not answer',
  ],
];

function lastLine(text: string): string {
  return text.split('\n').findLast((line) => !line.startsWith('command terminated')) ?? '';
}
