### SPF レコード (SPF)。
