/**
 * Which pairs and triplets of a batch a loss looks at, and how their losses become one number.
 *
 * @module likewise/miners
 */

export {};
