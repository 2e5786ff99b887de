/** Tables of a report. */
import { type Html, html } from './html.js';

/** The first column names the row; the others are aligned as numbers are. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number | Html)[])[],
): Html {
  return html`<table>
    <thead>
      <tr>
        ${header.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([name = '', ...cells]) =>
          html`<tr>
            <th scope="row">${name}</th>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
