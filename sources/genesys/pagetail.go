package genesys

// closeArray goes over the end of an array and, where it was a page's, over
// the members behind it. ended is false when the object ended before, or the
// rest of the page is broken: then it is an item.
func (s *items) closeArray() (it item, ok, ended bool) {
	i, c, ok := s.behind(1)
	if ok && c == ',' {
		var key byte
		if _, key, ok = s.behind(i + 1); ok && key == '"' {
			return s.members()
		}
		i, c = 0, 0
	}
	if !ok && (s.growing || s.failure() != nil) {
		return item{}, false, false
	}
	n := 1
	if c == '}' {
		n = i + 1
	}
	s.skip(n)
	s.inArray = false
	s.safe = s.offset
	return item{}, false, true
}

// members skips "]" and the members behind it up to the page's closing brace.
func (s *items) members() (it item, ok, ended bool) {
	// The machine stands where a page's array has just been closed.
	m := machine{depth: 2, state: wantCommaOrEnd}
	m.objects[0] = true
	for i := 0; ; i++ {
		if i > MaxRecord {
			s.drop(i)
			i = 0
		}
		c, ok := s.at(i)
		if !ok {
			if s.growing || s.failure() != nil {
				return item{}, false, false
			}
			it, ok = s.rest(i)
			return it, ok, false
		}
		switch m.step(c) {
		case done:
			s.take(i + 1)
			s.inArray = false
			s.safe = s.offset
			return item{}, false, true
		case broken:
			it, ok = s.rest(i)
			return it, ok, false
		case page:
			m.entities = false
			m.step(c)
		}
	}
}

// behind gives the first byte from i on that is not white space.
func (s *items) behind(i int) (int, byte, bool) {
	for ; ; i++ {
		c, ok := s.at(i)
		if !ok || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i, c, ok
		}
	}
}
