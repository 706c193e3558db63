package queue

import "sync"

// workers take messages, each in a goroutine that is kept for the next: the
// stack that a request to S3 needs is deep, and grows anew in each new one.
type workers struct {
	take func(*entry)
	next chan *entry
	all  sync.WaitGroup
}

func newWorkers(take func(*entry)) *workers {
	return &workers{take: take, next: make(chan *entry)}
}

// give has a message taken, by one who is idle where there is one. There are
// about as many as messages were ever in work at a time.
func (w *workers) give(e *entry) {
	select {
	case w.next <- e:
	default:
		w.all.Go(func() {
			for more := true; more; e, more = <-w.next {
				w.take(e)
			}
		})
	}
}

// wait returns when all that was given is taken. Nothing is given any more.
func (w *workers) wait() {
	close(w.next)
	w.all.Wait()
}
