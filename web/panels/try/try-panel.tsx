import { BatchSection } from './batch-section.js';
import { ReviewSection } from './review-section.js';

export function TryPanel() {
  return (
    <>
      <ReviewSection />
      <BatchSection />
    </>
  );
}
