const segmenter = new Intl.Segmenter();
/** East Asian and emoji, as far as labels are likely to have them: two columns of a terminal. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u;

/** So many columns of a terminal a text takes that holds no control characters. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  return charactersOf(text).reduce((sum, each) => sum + columnsOf(each), 0);
}

/** A text of at most so many columns: what is too long loses one of its ends, and has … there. */
export function cutTo(text: string, width: number, keep?: 'end'): string {
  if (widthOf(text) <= width) return text;
  const characters = charactersOf(text);
  const next = keep === 'end' ? () => characters.pop() : () => characters.shift();
  let [kept, left] = ['', width - 1];
  for (let each = next(); each !== undefined && columnsOf(each) <= left; each = next()) {
    kept = keep === 'end' ? `${each}${kept}` : `${kept}${each}`;
    left -= columnsOf(each);
  }
  return keep === 'end' ? `…${kept}` : `${kept}…`;
}

/** As people see them: a letter with its accents is one. */
function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function columnsOf(character: string): number {
  if (/^\p{M}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
