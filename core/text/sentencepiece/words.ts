/** ERNIE-Tiny's cut into words before SentencePiece: from left to right the longest word of its dictionary. */

/**
 * @param dictionary words of up to 5 characters count
 * @returns the words of a text in order, without blanks; a character that starts no word is one by itself
 */
export function cutByDictionary(text: string, dictionary: ReadonlySet<string>): string[] {
  const characters = Array.from(text);
  const words: string[] = [];
  for (let at = 0; at < characters.length;) {
    let length = Math.min(longestWord, characters.length - at);
    while (length > 1 && !dictionary.has(characters.slice(at, at + length).join(''))) length -= 1;
    words.push(characters.slice(at, at + length).join(''));
    at += length;
  }
  return words.filter((word) => word !== ' ');
}

const longestWord = 5;
