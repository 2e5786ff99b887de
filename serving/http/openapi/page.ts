/** The interactive page at `/docs`: Swagger UI from its package; the page loads nothing from elsewhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Response, Router } from 'express';

// Swagger UI styles elements and draws its icons as data; scripts are its own files alone.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retort</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" href="favicon-32x32.png">
<div id="page"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</html>
`;

const start = `SwaggerUIBundle({ url: '../openapi.json', dom_id: '#page', deepLinking: true, validatorUrl: null });\n`;

const files = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);

export const documentationPage = Router();

documentationPage.use((_request, response, next) => {
  response.set('Content-Security-Policy', policy).removeHeader('Cache-Control');
  next();
});
documentationPage.get('/', (request, response) => {
  // Its files are named relative to it, so that it may stand behind any prefix.
  if (request.originalUrl.endsWith('/docs')) response.redirect('docs/');
  else response.type('html').send(html);
});
documentationPage.get('/start.js', (_request, response) => {
  response.type('js').send(start);
});
documentationPage.get('/:file', async ({ params: { file } }, response, next) => {
  if (files.has(file)) await send(file, response);
  else next();
});

async function send(file: string, response: Response): Promise<void> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  response.type(path.extname(file)).send(await readFile(path.join(folder, file)));
}
