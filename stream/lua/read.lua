-- What changed in a partition since a reader last looked, on one cut.
-- KEYS[1] meta hash; ARGV[1] prefix, ARGV[2] offset seen (-2: nothing yet), ARGV[3] most names a call,
-- ARGV[4] width of the panes of which only the label sets are wanted, ARGV[5] letters of the tables wanted,
-- ARGV[6] the page to go on from: the offset that the call before reached, ARGV[7] fields and values after which no
-- further name is read, ARGV[8] MessagePack: names that calls before have left; if there are any, only these are read,
-- ARGV[9] MessagePack: the measures of those panes of which the numbers are wanted, behind how many there are of all.
-- Returns MessagePack: {meta, names, sources, counts, more, reached, left}. `reached` is the offset to go on from; where
-- `more` is true or names are `left` the picture is whole only after the calls that follow.
local base, seen, hour, after = ARGV[1], tonumber(ARGV[2]), ARGV[4], ARGV[6]
local meta = redis.call('HGETALL', KEYS[1])
local offset = tonumber(redis.call('HGET', KEYS[1], 'offset') or '-1')
local zset = base .. 'z'
local todo, more, reached = cmsgpack.unpack(ARGV[8]), true, tonumber(after)
if #todo == 0 then
  todo = redis.call('ZRANGEBYSCORE', zset, '(' .. after, '+inf', 'LIMIT', 0, tonumber(ARGV[3]))
  more, reached = false, math.max(offset, seen)
  if #todo == tonumber(ARGV[3]) then
    -- The page to go on from is an offset: take all names of the last one.
    local last = redis.call('ZSCORE', zset, todo[#todo])
    todo = redis.call('ZRANGEBYSCORE', zset, '(' .. after, last)
    more = redis.call('ZCOUNT', zset, '(' .. last, '+inf') > 0
    if more then reached = tonumber(last) end
  end
end
local size, most = 0, tonumber(ARGV[7])
-- A call takes as long as some fields and values do.
local function all(key)
  local flat = redis.call('HGETALL', key)
  size = size + #flat + 8
  return flat
end
local measures = cmsgpack.unpack(ARGV[9])
local function count(key)
  size = size + 8 + #measures
  local counted = #measures > 0 and redis.call('HMGET', key, unpack(measures)) or {}
  table.insert(counted, 1, redis.call('HLEN', key))
  return counted
end
local names, left = {}, {}
for _, name in ipairs(todo) do
  local letter = string.sub(name, 1, 1)
  if string.find(ARGV[5], letter, 1, true) then
    if size >= most then
      left[#left + 1] = name
    elseif letter == 'c' then
      local pane, groups = string.sub(name, 3), {}
      local touched = all(base .. 'p:' .. pane)
      local counted = string.match(pane, '^(%d+):') == hour
      for j = 1, #touched, 2 do
        -- Against what was seen before the first page: a pane that comes late in the pages may have old label sets.
        if tonumber(touched[j + 1]) > seen then
          local key = base .. 'c:' .. pane .. ':' .. touched[j]
          groups[#groups + 1] = touched[j]
          groups[#groups + 1] = counted and count(key) or all(key)
        end
      end
      names[#names + 1] = {name, groups}
    else
      names[#names + 1] = {name, all(base .. name)}
    end
  end
end
return cmsgpack.pack({
  meta, names, redis.call('HGETALL', base .. 'o'), redis.call('HGETALL', base .. 'n'), more, reached, left,
})
