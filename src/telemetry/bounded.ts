const maxLength = 256;

/**
 * A text of a sender's, for a line of the log or a label of a metric: of one that is longer than 256 characters the beginning is
 * left, and `…` marks that it was cut.
 */
export function bounded(text: string): string {
  // Cut within a pair of surrogates, half of a character would be left.
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`;
}
