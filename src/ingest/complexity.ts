const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openList = 0x5b;
const openObject = 0x7b;

/**
 * True where a text of JSON has more values than that: each stands behind a comma, or at the beginning of a list or an object. A parser
 * makes up to a kilobyte of a value that is two characters long, so this is asked before anything is parsed.
 */
export function hasMoreValues(json: string, most: number): boolean {
  if (json.length <= most) return false;
  let values = 1;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === quote) at = endOfText(json, at);
    else if (unit === comma || unit === openList || unit === openObject) {
      values += 1;
      if (values > most) return true;
    }
  }
  return false;
}

function endOfText(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}
