/** Errors of downloads. */
import { define } from './entry.js';

export const downloadErrors = define({
  download_url_invalid: {
    kind: 'usage',
    message: '{url} is not a URL that can be fetched.',
    hint: 'Give a URL that starts with http:// or https://.',
  },
  download_failed: {
    kind: 'unavailable',
    message: '{url} could not be fetched: {reason}.',
    hint: 'Try again: the download goes on where it stopped. Or fetch that URL elsewhere and put the file at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_refused: {
    kind: 'unavailable',
    message: '{url} was answered with the HTTP status {status}.',
    hint: 'Fetch the file elsewhere (--url takes a mirror) and put it at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_stalled: {
    kind: 'timeout',
    message: '{url} sent nothing for {seconds} s, after {bytes} bytes.',
    hint: 'Try again: the download goes on where it stopped. Or fetch that URL elsewhere and put the file at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_too_large: {
    kind: 'too_large',
    message: '{url} sends more than {limit} bytes, which the data set has not.',
    hint: 'Check the URL. Or fetch the file elsewhere and put it at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_corrupt: {
    kind: 'corrupt',
    message: 'The md5 of what {url} sent is {found}, not {md5}; it was not kept.',
    hint: 'Try again, or fetch the file elsewhere and put it at {path}. Terms of the data: {terms}.',
  },
  download_stopped: {
    kind: 'unavailable',
    message: 'The download of {url} was stopped after {bytes} bytes.',
    hint: 'The same command goes on from there.',
  },
  download_other_file: {
    kind: 'invalid',
    message: 'There is a file {path} already, with the md5 {found}, not {md5}.',
    hint: 'Move it away to have the data set fetched, or name another place with --out.',
  },
});
