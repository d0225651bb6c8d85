import type { Spawner } from './spawner.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a program finds its files, its cluster and its way out by. The rest of the environment of the service stays there: the secrets
 * of NATS and S3 are no business of a collector.
 */
const passedOn: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'JAVA_HOME'],
  ...['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', 'XDG_CONFIG_HOME'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
]);

/** The variables of the service's environment that every program gets. */
export function commonEnvironment(environment: Environment): Record<string, string> {
  return picked(environment, (name) => passedOn.has(name) || name.startsWith('LC_'));
}

/** The same spawner for a collector whose programs get these variables of the service as well, where it has them. */
export function withVariables(spawner: Spawner, names: readonly string[] = []): Spawner {
  const own = picked(process.env, (name) => names.includes(name));
  return {
    ...spawner,
    run: (argv, options) => spawner.run(argv, { ...options, env: { ...own, ...options.env } }),
  };
}

function picked(environment: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && isWanted(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}
