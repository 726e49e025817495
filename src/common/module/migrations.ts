/* What the migrations of modules use. */

export { forgetGeneratedColumns, noteGeneratedColumns } from './generated-columns.js';
export { countRows, stopCountingRows } from './row-count.js';
