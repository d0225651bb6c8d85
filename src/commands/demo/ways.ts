const nats = 'nats --server nats://127.0.0.1:4222';

/** How to look at a running service, and at its stream. */
export const ways = [
  'http://localhost:8080/ in a browser',
  'npx alert-watcher tail',
  'npx alert-watcher explain POD',
  'npx alert-watcher replay',
  `${nats} sub 'aw.>'`,
  `${nats} sub 'aw.collection.*.*.*.Uploaded'`,
  `${nats} stream view ALERT_WATCHER`,
  `${nats} object ls ALERT_WATCHER_RECORDINGS`,
  `${nats} object get ALERT_WATCHER_RECORDINGS NAME --output recording.jfr`,
];
