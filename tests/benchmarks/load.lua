-- For wrk: POST the lines of a file in turn, and print one JSON object in the form of tests.benchmarks.load.
--     wrk -t1 -c8 -d5s -s load.lua http://127.0.0.1:8000 -- PATH BODIES KEY
local requests, at = {}, 0

function init(args)
  local headers = {["Content-Type"] = "application/json"}
  if args[3] and args[3] ~= "" then
    headers["Authorization"] = "Bearer " .. args[3]
  end
  for line in io.lines(args[2]) do
    requests[#requests + 1] = wrk.format("POST", args[1], headers, line)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  local good, seconds = summary.requests - summary.errors.status, summary.duration / 1e6
  print(string.format(
    '{"requests": %d, "failed": %d, "seconds": %.3f, "per_second": %.1f, "p50_ms": %.2f, "p99_ms": %.2f}',
    good, summary.errors.status + broken, seconds, good / seconds,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
