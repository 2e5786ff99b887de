/** What a bundle's name and version are: folders of a repository, never a path that leaves it. */
export const bundleNamePattern = /^[\w][\w.-]*$/;
