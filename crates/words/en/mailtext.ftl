### What is wrong in a text: names, header fields, addresses, tag lists, dates, MIME.
### Other sentences take these in whole, so each is a sentence of its own.

## Domain names

domain-empty = The domain name is empty.
domain-empty-label = Two dots of the domain name stand together, or one stands at its end.
domain-label-too-long = A label of the domain name is longer than 63 characters.
domain-too-long = The domain name is longer than 253 characters.
domain-character = The domain name holds a character that no domain name may hold.
domain-hyphen = A label of the domain name begins or ends with a hyphen.
domain-idna = The domain name breaks the rules for internationalised names (IDNA).

## Header

header-block-too-long = The header is longer than is read; what follows was ignored.
header-too-many-fields = The header has more fields than are read; the rest was ignored.
header-no-colon = A line of the header has no colon.
header-leading-space = White space stands before the first header field; mail programs read such a line differently.
header-space-before-colon = White space stands between the name of a header field and its colon; mail programs read such a field differently.
header-name-character = The name of a header field holds a character that no name may hold.
header-bare-newline = A line of the header ends with CR or LF alone instead of CRLF.
header-nul = The header holds a NUL byte.
header-no-empty-line = No empty line ends the header.

## Tag lists

tag-no-equals = Something between two semicolons has no “=”.
tag-empty = There is nothing between two semicolons.
tag-name = The name of a tag holds other characters than letters, digits and the underscore, or does not begin with a letter.
tag-duplicate = A tag occurs twice.
tag-value-byte = The value of a tag holds a character that no value may hold.
tag-too-many = The list has more tags than are read.
tag-list-too-long = The tag list is longer than is read.

## Addresses in header fields

address-list-too-long = The address list is longer than { $limit } bytes and was not read.
address-too-many = The field has more than { $limit } addresses; the rest was not read.
address-list-empty = The field holds no address.
address-empty-element = There is nothing between two commas of the address list.
address-route = A route stands before the address; it was dropped.
address-missing-at = There is a name without an address.
address-empty-local = Nothing stands before the “@”.
address-local = What stands before the “@” is not a valid local part.
address-domain = What stands behind the “@” is not a domain name. { $error }
address-literal = The square brackets hold no IP address.
address-several = Several addresses stand where there must be one.
address-unbalanced-bracket = An angle bracket has no partner.
address-empty-brackets = The angle brackets are empty.
address-trailing-words = Words stand behind the address.
address-unquoted-byte = A character stands there that must be quoted.
address-unclosed-quote = A quoted string has no end.
address-unclosed-comment = A comment has no end.
address-unclosed-group = A group of addresses has no final semicolon.
address-stray-semicolon = A semicolon stands outside of a group.
address-stray-colon = A colon stands where no group can begin.
address-control-byte = The field holds a control character.
address-not-utf8 = The field holds bytes that are not UTF-8.
address-encoded-word = An encoded-word stands in place of an address.
address-in-display-name = The displayed name contains an address other than the one the mail is from.

## MAIL FROM and RCPT TO

path-too-long = The address is longer than { $limit } bytes.
path-brackets = The angle brackets of the address do not match, or text stands outside of them.
path-missing-at = The address has no “@”.
path-local = What stands before the “@” is not a valid local part.
path-domain = What stands behind the “@” is neither a domain name nor an address literal. { $error }
path-route = The source route before the address is not valid.

## Authentication-Results

authres-too-long = The authentication results are longer than { $limit } bytes and were not read.
authres-too-many = There are more than { $limit } authentication results; the rest was not read.
authres-instance = The instance number (i=) of the ARC results is missing or not valid.
authres-missing-id = The name of the host that authenticated (authserv-id) is missing.
authres-id = The name of the host that authenticated (authserv-id) is not valid.
authres-version = The version of the authentication results is not 1.
authres-no-results = There are neither results nor “none”.
authres-result = Something stands there that is not a result.
authres-none-beside-results = “none” stands beside results.
authres-keyword = The word for a method or a result is not valid.
authres-property = A property of a result is not valid.
authres-value = A value is missing or must be quoted.
authres-unclosed-comment = A comment has no end.
authres-unclosed-quote = A quoted string has no end.
authres-trailing-semicolon = A semicolon stands behind the last result.
authres-not-utf8 = The authentication results hold bytes that are not UTF-8.

## Dates, MIME, encodings

date-too-long = The date is longer than is read.
date-syntax = The date cannot be read.
date-range = The date does not exist.
mime-too-deep = Parts nested more than { $limit } levels deep were not opened.
mime-too-many-parts = The message has more than { $limit } parts; the rest was not read.
mime-no-boundary = A multipart has no usable boundary.
mime-no-parts = The boundary of a multipart does not occur in it.
mime-unclosed = A multipart has no end.
mime-encoded-multipart = A multipart is encoded, which is not allowed; it was not opened.
base64-character = A character stands there that is not base64.
base64-length = The base64 text is incomplete.
quoted-printable-octet = An “=” of the quoted-printable text is not followed by two hexadecimal digits.

## Not a message at all

not-a-message-empty = There is nothing in it.
not-a-message-no-header-field = It does not begin with a header field, so it is not a mail message.
