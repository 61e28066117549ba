/**
 * In the place of what browsers have not, and what the page's part of the libraries does not use:
 * files, sockets, the database. A CommonJS module, so that any name may be imported from it.
 */
module.exports = {};
