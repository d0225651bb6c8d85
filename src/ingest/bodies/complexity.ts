const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openList = 0x5b;
const openObject = 0x7b;

/**
 * The values of a text of JSON, in UTF-8: each stands behind a comma, or at the beginning of a list or an object. Counts no
 * further than `most` + 1. A parser makes up to a kilobyte of a value that is two characters long, so this is asked before
 * anything is parsed.
 */
export function countValues(json: Uint8Array, most: number): number {
  let values = 1;
  for (let at = 0; at < json.length && values <= most; at += 1) {
    const unit = json[at];
    if (unit === quote) at = endOfText(json, at);
    else if (unit === comma || unit === openList || unit === openObject) values += 1;
  }
  return values;
}

function endOfText(json: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at;
}
