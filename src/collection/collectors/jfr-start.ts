// What JFR.start is told, whoever runs jcmd.

/** A recording that nobody stopped (this process was killed) ends by itself after this much longer. */
export const leftBehindSeconds = 60;

/**
 * What a recording keeps to itself unless asked: it would hold passwords (environment, properties, command line) and the
 * machine's processes. Settings of single events in JFR.start came with JDK 17.
 */
export const withoutSecrets = [
  'InitialEnvironmentVariable',
  'InitialSystemProperty',
  'JVMInformation',
  'SystemProcess',
].map((event) => `jdk.${event}#enabled=false`);
