-- What changed in a partition since a reader last looked, on one cut.
-- KEYS[1] meta hash; ARGV[1] prefix, ARGV[2] offset seen (-2: nothing yet), ARGV[3] most names a call,
-- ARGV[4] width of the panes of which only the label sets are wanted, ARGV[5] letters of the tables wanted,
-- ARGV[6] the page to go on from: the offset that the call before reached.
-- Returns MessagePack: {meta, names, sources, counts, more, reached}. `reached` is the offset to go on from; where
-- `more` is true the picture is whole only after the calls that follow.
local base, seen, hour, after = ARGV[1], tonumber(ARGV[2]), ARGV[4], ARGV[6]
local meta = redis.call('HGETALL', KEYS[1])
local offset = tonumber(redis.call('HGET', KEYS[1], 'offset') or '-1')
local zset = base .. 'z'
local page = redis.call('ZRANGEBYSCORE', zset, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[3]))
local last = page[#page]
local more = false
if #page == 2 * tonumber(ARGV[3]) then
  -- Names of one commit belong together: take all of the last score.
  page = redis.call('ZRANGEBYSCORE', zset, '(' .. after, last, 'WITHSCORES')
  more = redis.call('ZCOUNT', zset, '(' .. last, '+inf') > 0
end
local names = {}
for i = 1, #page, 2 do
  local name = page[i]
  local letter = string.sub(name, 1, 1)
  if string.find(ARGV[5], letter, 1, true) then
    if letter == 'c' then
      local pane, groups = string.sub(name, 3), {}
      local touched = redis.call('HGETALL', base .. 'p:' .. pane)
      local counted = string.match(pane, '^(%d+):') == hour
      for j = 1, #touched, 2 do
        -- Against what was seen before the first page: a pane that comes late in the pages may have old label sets.
        if tonumber(touched[j + 1]) > seen then
          local key = base .. 'c:' .. pane .. ':' .. touched[j]
          groups[#groups + 1] = touched[j]
          groups[#groups + 1] = counted and redis.call('HLEN', key) or redis.call('HGETALL', key)
        end
      end
      names[#names + 1] = {name, groups}
    else
      names[#names + 1] = {name, redis.call('HGETALL', base .. name)}
    end
  end
end
return cmsgpack.pack({
  meta, names, redis.call('HGETALL', base .. 'o'), redis.call('HGETALL', base .. 'n'), more,
  more and tonumber(last) or math.max(offset, seen),
})
