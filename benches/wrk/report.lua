-- Prints what wrk counted on one line: requests, microseconds, errors by kind, then p50 and p99 in microseconds.
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("counted %d %d %d %d %d %d %d %d %d\n", summary.requests, summary.duration,
        errors.status, errors.connect, errors.read, errors.write, errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
