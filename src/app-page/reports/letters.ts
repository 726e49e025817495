/* How wide the texts of charts are. */

/** About the width of a letter of an axis. */
export const LETTER = 7;

/** As `.chart-name` and `.chart-value` have them. */
const NAME_FONT = '600 13px';
export const NOTE_FONT = '13px';

const pen = document.createElement('canvas').getContext('2d');

export function widthOf(text: string, font: string): number {
  if (pen === null) return text.length * LETTER;
  pen.font = `${font} ${getComputedStyle(document.documentElement).fontFamily}`;
  return pen.measureText(text).width;
}

/** A name that has to end before what stands beside it. */
export function fitted(name: string, room: number): string {
  if (widthOf(name, NAME_FONT) <= room) return name;
  let letters = [...name];
  while (letters.length > 1 && widthOf(`${letters.join('')}…`, NAME_FONT) > room) letters = letters.slice(0, -1);
  return `${letters.join('').trimEnd()}…`;
}
