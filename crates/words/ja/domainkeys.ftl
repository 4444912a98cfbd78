### DomainKeys, ADSP, ATPS and the reporting addresses of RFC 6651.
