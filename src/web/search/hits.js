/** Where what the search found leads. Pure. */
import { alertLink, alertsLink, podLink, recordingLink, recordingsLink } from '../frame/places.js';

/** @import { Hit } from '../data/types.ts' */

/** @param {Hit} hit */
export function hrefOfHit({ kind, text, id, kubeContext = '', namespace = '', pod = '' }) {
  switch (kind) {
    case 'pod':
      return podLink({ kubeContext, namespace, pod });
    case 'namespace':
      return recordingsLink({ namespace: text });
    case 'alertname':
      return alertsLink({ alertname: text });
    case 'alert':
      return alertLink(id ?? text);
    case 'collection':
      return recordingLink(id ?? text);
  }
}
