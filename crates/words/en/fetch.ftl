### Why no document came from the web, and why a URL may not be fetched. These stand in parentheses or behind a colon in
### other sentences.

fetch-timeout = no answer in time
fetch-no-address = the host has no address
fetch-private-address = the host's address is not a public one
fetch-unreachable = no connection, or it broke off
fetch-tls = the server's certificate does not hold
fetch-too-large = more bytes than are taken
fetch-redirect = a redirection that is not followed
fetch-malformed = what came could not be read as HTTP
fetch-budget = the limit of documents for one message is used up
fetch-not-on-tape = the recording does not hold this document
fetch-disabled = nothing is fetched here

fetch-url-too-long = the URL is too long
fetch-url-syntax = not a URL
fetch-url-scheme = not an https URL
fetch-url-host = the host of the URL is no domain name
fetch-url-credentials = the URL holds a user or a password
fetch-url-port = the port of the URL belongs to another service
