"""An example of each command of `firstline`, with which its help ends."""

from typing import Final

EXAMPLES: Final = """
serve --host 0.0.0.0 --port 8000 --workers 2
worker
keys create --scope agent --name helpdesk --because "the new helpdesk"
keys list
keys revoke sk_0a1b2c3d4e5f --because "it leaked"
keys sign candidate --key signing.key
keys signing-key --out signing.key
migrate
index --articles kb --out kb-index
search --index kb-index "How do I reset my password?"
sla check --policy policies/sla.toml
sla replay --policy new-sla.toml --from 2026-03-01
snapshot --out closed.jsonl.gz
helpdesks check
helpdesks preview zendesk --ticket 4711
helpdesks waiting
erase --email ann@example.com
evals --articles kb --questions questions.toml
backup firstline.tar.gz
restore firstline.tar.gz --home restored
calendar holidays --country DE --part BY --years 2027
capacity --growth 0.02
jobs list --state dead
jobs show job_01kjpzv280te14bfama3baq0d3
jobs revive job_01kjpzv280te14bfama3baq0d3
jobs drop job_01kjpzv280te14bfama3baq0d3
models list
models show
models shadow 46bf23a8f842
models report
models canary --stop
reports kpis --since 2026-03-01
reports deflection --by channel
reports experiment --csv
reports searches --since 2026-03-01
reports rebuild
demo-data --if-empty
policies check new-policies
policies apply new-policies --because "support is open on Saturdays now"
replay --policy new-policies --since 2026-03-01
fields try "order 12345 of version 2.3.1"
tag closed.csv --out tags.csv
brands add acme --host help.acme.example
brands list
brands remove acme
"""
