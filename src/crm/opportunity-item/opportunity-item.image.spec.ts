import { ownImages, withImageFallback } from './opportunity-item.image.js';

describe('the picture of a line item', () => {
  it('is shown from image while image_view has no value of its own', () => {
    expect(withImageFallback({ image: 'a.png', image_view: null })).toEqual({ image: 'a.png', image_view: 'a.png' });
    expect(withImageFallback({ image: 'a.png', image_view: 'b.png' })).toEqual({ image: 'a.png', image_view: 'b.png' });
  });

  it('is not pinned by writing back what was only shown', () => {
    const current = { image: 'a.png', image_view: null };
    expect(ownImages({ image: 'b.png', image_view: 'a.png' }, current)).toEqual({ image: 'b.png', image_view: null });
    expect(ownImages({ image_view: 'a.png' }, current)).toEqual({ image_view: null });
  });

  it('is not pinned by writing what another item shows, nor in a copy', () => {
    const copy = { image: 'a.png', image_view: 'a.png' };
    expect(ownImages(copy)).toEqual({ image: 'a.png', image_view: null });
    expect(ownImages(copy, { image: 'b.png', image_view: 'c.png' })).toEqual({ image: 'a.png', image_view: null });
  });

  it('is a value of its own where it differs', () => {
    const own = { image: 'a.png', image_view: 'c.png' };
    expect(ownImages(own)).toBe(own);
    expect(ownImages({ image_view: 'c.png' }, { image: 'a.png', image_view: null })).toEqual({ image_view: 'c.png' });
  });
});
