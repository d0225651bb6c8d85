import { type Static, type TObject, Type } from '@sinclair/typebox';
import { byHandSource } from '../events/data/alert.ts';
import { addressesIn } from '../http/guard/addresses.ts';
import { isHost } from '../http/guard/hosts.ts';
import {
  Access,
  type AccessConfig,
  Source,
  type SourceConfig,
  Tls,
  type TlsConfig,
} from '../http/guard/options.ts';
import { type Fault, matcherFaults } from './fault.ts';
import { collisionFault, pathFault } from './paths.ts';

const names = () => Type.Optional(Type.Array(Type.String(), { minItems: 1 }));

/** What the configuration file says of who may send, read and act. */
export const accessFields = {
  sources: Type.Optional(Type.Array(Source, { minItems: 1 })),
  access: Type.Optional(Access),
  tls: Type.Optional(Tls),
  allowedHosts: names(),
  trustedProxies: names(),
};

type Fields = Static<TObject<typeof accessFields>>;

/** The same, with the defaults. */
export interface AccessRules {
  /** Who may send alerts, and where. */
  sources: SourceConfig[];
  /** Who may use the API. */
  access: AccessConfig;
  tls: TlsConfig | undefined;
  /** The names, besides those of loopback, that are answered where no credential is asked for. */
  allowedHosts: string[];
  /** Networks of the proxies whose X-Forwarded-For is believed. */
  trustedProxies: string[];
}

/** Fills in the defaults of a file without faults. */
export function accessRules(file: Fields): AccessRules {
  return {
    sources: sourcesOf(file),
    access: file.access ?? {},
    tls: file.tls,
    allowedHosts: file.allowedHosts ?? [],
    trustedProxies: file.trustedProxies ?? [],
  };
}

const alertmanager: SourceConfig = {
  name: 'alertmanager',
  path: '/webhook/alertmanager',
  format: 'alertmanager',
};

/** The sources of alerts, defaults filled in. Without any: Alertmanager, from everybody. */
function sourcesOf({ sources }: Fields): SourceConfig[] {
  if (!sources) return [alertmanager];
  return sources.map(({ path, ...source }) => ({
    format: 'alertmanager',
    ...source,
    // The server takes either for the other.
    path: path?.replace(/(?<=.)\/$/, '') ?? `/webhook/${source.name}`,
  }));
}

/** What the schema cannot say of who may send, read and act. */
export function faultsOfAccess(file: Fields): Fault[] {
  const { sources = [], trustedProxies = [], allowedHosts = [], tls } = file;
  const faults: Fault[] = [];
  const names = new Set<string>([byHandSource]);
  const paths = new Set<string>();
  sourcesOf(file).forEach((source, index) => {
    const { name, path, format } = source;
    const at = (key: string) => ['sources', String(index), key];
    const isReserved = name === byHandSource;
    if (names.has(name))
      faults.push([
        at('name'),
        isReserved ? `${name} is what is asked for by hand` : `${name} is there twice`,
      ]);
    // Those of the format alerts have a second one, which waits.
    const taken = format === 'alerts' ? [path, `${path}/sync`] : [path];
    const twice = taken.find((each) => paths.has(each));
    if (twice !== undefined) faults.push([at('path'), `${twice} is another source's`]);
    const fault = pathFault(path) ?? taken.map(collisionFault).find((each) => each !== undefined);
    if (fault !== undefined) faults.push([at('path'), fault]);
    for (const key of ['severities', 'types'] as const)
      if (source[key] && format !== 'alerts') faults.push([at(key), onlyTitled]);
    names.add(name);
    for (const each of taken) paths.add(each);
  });
  sources.forEach(({ auth = {}, allow = [], match = [], watchdog = { match: [] } }, index) => {
    const at = (...keys: string[]) => ['sources', String(index), ...keys];
    const ways = ['bearerFile', 'basicFile', 'hmac'].filter((way) => way in auth);
    if (ways.length > 1) faults.push([at('auth'), `${ways.join(' and ')} are two ways: choose one`]);
    if (auth.clientNames && tls?.clientCaFile === undefined)
      faults.push([
        at('auth', 'clientNames'),
        'clients are asked for certificates only with tls.clientCaFile',
      ]);
    faults.push(...networkFaults(allow, at('allow')));
    faults.push(...matcherFaults(match, at('match')));
    faults.push(...matcherFaults(watchdog.match ?? [], at('watchdog', 'match')));
  });
  return [...faults, ...networkFaults(trustedProxies, ['trustedProxies']), ...hostFaults(allowedHosts)];
}

const onlyTitled = 'only alerts with a title (format: alerts) are checked for it: use match';

function hostFaults(hosts: readonly string[]): Fault[] {
  return hosts.flatMap((host, index): Fault[] => {
    if (isHost(host)) return [];
    const message = `${host} is no host name or address such as alert-watcher.monitoring.svc, without port or wildcard`;
    return [[['allowedHosts', String(index)], message]];
  });
}

function networkFaults(networks: readonly string[], keys: string[]): Fault[] {
  return networks.flatMap((network, index): Fault[] => {
    try {
      addressesIn([network]);
      return [];
    } catch (error) {
      return [[[...keys, String(index)], error instanceof Error ? error.message : String(error)]];
    }
  });
}
